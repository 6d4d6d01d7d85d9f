"""What anybody may ask of where an image comes from: signed records, and the keys they are checked with."""

TOKEN = "application/jose"
