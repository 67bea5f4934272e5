"""What the book learns from: exact toys, drawn and photographed images, downloads."""
