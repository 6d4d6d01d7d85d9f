"""The audit trail: every append-only row in one Merkle tree whose signed heads stand in the object store."""
