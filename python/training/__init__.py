"""From a public archive to a gated model artefact: stage, train, evaluate, launch, promote."""
