"""Speech: engines in processes of their own behind ``hotline.ports.transcriber``; sound files; models."""
