"""A local AWS for development: moto, with what moto leaves out, so that deployed artefacts really run."""
