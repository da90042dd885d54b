"""What is looked at: each widget paints one thing and says by messages what a person did."""
