"""The inference server that releases run on: ONNX only, Open Inference Protocol V2 and MLflow's /invocations.

It is no command: an image's entry point starts it as `python -m tidegate.server --release FOLDER`. README.md beside
this file says what a release folder is, which paths it answers and how it ends.
"""
