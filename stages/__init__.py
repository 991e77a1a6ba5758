"""The stages of the pipeline, in the order of the data. One package each; `python -m stages.clean` is the stage."""
