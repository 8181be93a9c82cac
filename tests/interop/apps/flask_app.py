"""Flask, for ``--wsgi``."""

import hashlib

from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/hello")
def hello():
    """Answer."""
    return Response(f"hello {request.args.get('name', '')}", mimetype="text/plain")


@app.post("/echo")
def echo():
    """What came."""
    return Response(request.get_data(), content_type=request.content_type)


@app.post("/upload")
def upload():
    """A file of a form."""
    file = request.files["file"]
    data = file.read()
    return Response(f"{file.filename} {len(data)} {hashlib.sha256(data).hexdigest()}", mimetype="text/plain")


@app.get("/stream")
def stream():
    """A hundred parts."""
    return Response((f"part {number}\n" for number in range(100)), mimetype="text/plain")
