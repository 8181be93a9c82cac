"""What is refused or put off before an application hears of it: each a file, each optional, each off by default."""
