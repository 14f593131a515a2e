"""The wiring: Prefect flow and deployment, command line, demo."""
