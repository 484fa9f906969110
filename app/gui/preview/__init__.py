"""The live preview: one worker that renders the selected job, and the views of its result."""
