"""Words to people outside: the port for messages to telephones, and their texts."""
