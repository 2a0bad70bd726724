"""OpenAI's API as a gateway or a provider answers it, and the endpoint that gives a task its role."""

import http.server
import json
import ssl
import threading

# Lengths of what the embedding models answer (Amazon Bedrock user guide, "Titan Embeddings", "Cohere Embed").
DIMENSIONS = {
    "amazon.titan-embed-text-v1": 1536, "amazon.titan-embed-text-v2:0": 1024,
    "cohere.embed-english-v3": 1024, "cohere.embed-multilingual-v3": 1024,
}


class Gateway:
    """Answers at an address; whoever has not the key gets 401. `asked` is what it was asked: (path, model)."""

    def __init__(self, address, key, models, context=None):
        self.key, self.models, self.asked = key, models, []
        self.server = http.server.ThreadingHTTPServer(address, handler(self))
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, body):
        """Status and document; an iterator of documents is a stream."""
        if path.endswith("/models"):
            return 200, {"object": "list", "data": [{"id": one, "object": "model"} for one in self.models]}
        model = body.get("model")
        self.asked.append((path.rsplit("/v1/", 1)[-1], model))
        if path.endswith("/embeddings"):
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            if model not in DIMENSIONS:
                return 400, {"detail": f"unsupported model {model}"}
            if model.startswith("amazon.titan") and len(texts) > 1:
                return 500, {"detail": "Titan takes one text"}
            data = [{"object": "embedding", "index": n, "embedding": [0.5] * DIMENSIONS[model]}
                    for n, _ in enumerate(texts)]
            return 200, {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        if model not in self.models:
            return 400, {"detail": f"unsupported model {model}"}
        said = f"{model} heard: {body['messages'][-1]['content']}"
        if body.get("stream"):
            return 200, (chunk(model, part) for part in ({"role": "assistant", "content": said}, {}))
        message = {"role": "assistant", "content": said}
        return 200, {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model,
                     "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def chunk(model, delta):
    choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]}


def handler(gateway):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply({})

        def do_POST(self):
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body):
            if self.headers.get("Authorization") != f"Bearer {gateway.key}":
                print(f"  the key of {self.command} {self.path} is refused")
                return self.send(401, {"detail": "Invalid API Key"})
            status, document = gateway.answer(self.path, body)
            if isinstance(document, dict):
                return self.send(status, document)
            lines = "".join(f"data: {json.dumps(one)}\n\n" for one in document) + "data: [DONE]\n\n"
            self.write(status, "text/event-stream", lines)

        def send(self, status, document):
            self.write(status, "application/json", json.dumps(document))

        def write(self, status, kind, text):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    return Handler


class TaskRole:
    """Gives the credentials of the task's role as ECS does ("Task IAM role" in the ECS developer guide)."""

    def __init__(self, credentials):
        document = json.dumps({
            "AccessKeyId": credentials["AccessKeyId"], "SecretAccessKey": credentials["SecretAccessKey"],
            "Token": credentials["SessionToken"], "Expiration": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/credentials"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def tls(authority, name):
    """A server's context with a certificate of `authority` for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
