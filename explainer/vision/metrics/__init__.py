"""Numbers that compare maps with each other and with what the network does."""
