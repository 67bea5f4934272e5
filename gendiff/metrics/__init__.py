"""What samples are judged by; none of it knows how they were made."""
