# The page to try the API.
console-api = The API
console-api-text = What programs can ask. What you try here is done for good, as yourself.
console-api-try = The requests, one by one
console-api-file = The description as a file (OpenAPI 3.1)
console-api-no-script = Trying it here needs JavaScript; the description as a file does not.
