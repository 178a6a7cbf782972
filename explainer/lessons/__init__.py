"""The catalogue of chapters and topics, and the text pipeline."""
