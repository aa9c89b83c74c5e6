"""やさしい日本語: what makes a text hard to read, by rule, and readings over the kanji (REQUIREMENTS 4)."""
