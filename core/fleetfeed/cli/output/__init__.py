"""What commands print: reports, documents, exits."""
