"""What happens to a message before anything is stored, logged or sent to a model: cleaning, masking, emergencies."""
