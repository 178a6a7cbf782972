"""What a network has learnt on one task, put to use on another: frozen features, probes, fine-tuning."""
