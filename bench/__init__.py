"""Speed, measured side by side: `make bench`. What is printed is docs/performance.md."""
