"""AWS without an account: moto in server mode, with what it lacks put on top.

Each service that needs mending has one module with `install(sandbox)`. Every
rule in them names the AWS document or API field it follows.
"""

VERSION = "1"
