"""Officers of the missions: their accounts and sessions."""
