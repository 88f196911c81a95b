"""Tables and statements, a file per noun. Functions take the caller's connection: who transacts is not decided here."""
