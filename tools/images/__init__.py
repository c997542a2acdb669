"""`make images`: both applications' images, built by Docker, Podman or Buildah."""
