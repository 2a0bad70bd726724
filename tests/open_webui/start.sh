# In the place of the image's start script, which the wheel does not have: the same server, as it starts it.
exec python -m uvicorn open_webui.main:app --host 0.0.0.0 --port "$PORT" --forwarded-allow-ips '*' --workers "$UVICORN_WORKERS"
