"""What an email says: its text, its header, what it quotes and brings in; and mail as files."""
