"""Generation: recipes become paintings, within a budget. The torch implementation is a module of its own."""
