"""The rollout's six questions, each answered from the live system: by a query, or by what a stranger gets."""
