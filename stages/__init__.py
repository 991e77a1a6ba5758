"""The stages of the pipeline, one package each; `python -m stages.clean` is the stage."""
