"""Data: token ranks of public encodings, xz-packed and unchanged, and the table of families. See LICENSE."""
