"""What an administrator and a member do, through the API that the browser uses."""

import time

import requests


class Person:
    """Somebody at the application; `token` once they are signed in."""

    def __init__(self, url, email, password):
        self.url, self.email, self.password, self.token = url, email, password, None

    def ask(self, method, path, **more):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(method, self.url + path, headers=headers, timeout=60, **more)

    def good(self, method, path, **more):
        answer = self.ask(method, path, **more)
        assert answer.status_code == 200, f"{self.email}: {method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def sign_in(self):
        """Signs in and tells the role."""
        said = self.good("POST", "/api/v1/auths/signin", json={"email": self.email, "password": self.password}).json()
        self.token = said["token"]
        return said["role"]

    def models(self):
        return sorted(model["id"] for model in self.good("GET", "/api/models").json()["data"])

    def chat(self, model, stream):
        """What the model answers."""
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "good morning"}]}
        return self.good("POST", "/api/chat/completions", json=body).text

    def upload(self, text):
        """Uploads a text; its id, once it is indexed."""
        document = {"file": ("notes.txt", text.encode(), "text/plain")}
        made = self.good("POST", "/api/v1/files/", files=document).json()["id"]
        for _ in range(150):
            data = self.good("GET", f"/api/v1/files/{made}").json().get("data") or {}
            assert data.get("status") != "failed", data
            if data.get("status") == "completed":
                return made
            time.sleep(0.2)
        raise AssertionError("the file is not indexed after 30 seconds")

    def find(self, file, words):
        """The pieces of a file that are nearest to `words`."""
        body = {"collection_name": f"file-{file}", "query": words, "k": 1}
        return self.good("POST", "/api/v1/retrieval/query/doc", json=body).json()["documents"][0]


def refused(answer, status):
    assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"


def ordinary_member(url, admin):
    """Somebody whom the administrator adds and approves. Nobody signs up: that is closed."""
    member = Person(url, "member@example.org", "a-password-for-tests-1")
    form = {"name": "Member", "email": member.email, "password": member.password}
    refused(member.ask("POST", "/api/v1/auths/signup", json=form), 403)
    added = admin.good("POST", "/api/v1/auths/add", json=form).json()
    assert member.sign_in() == "pending"
    refused(member.ask("GET", "/api/models"), 401)
    admin.good("POST", f"/api/v1/users/{added['id']}/update", json={"role": "user"})
    assert member.sign_in() == "user"
    return member
