"""Publication: the state machine between an approved image and the public, and back."""
