"""Where frames come from: image, folder, video, camera and synthetic pictures."""
