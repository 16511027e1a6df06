"""The desk of a state and of the depositary: everything behind the commands of `detente`, and no command line in it."""
