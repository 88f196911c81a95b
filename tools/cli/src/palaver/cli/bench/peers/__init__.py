"""What the product is compared with: other people's software, installed for a run in environments of its own."""
