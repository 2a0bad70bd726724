"""The foundation models and inference profiles that the sandbox offers.

Ids, geographies and ends as public sources had them on 2026-11-28 (docs/models.md). A model past its
end of life is not in it: AWS's page says that requests for it fail, and its lists leave it out.
"""

from datetime import datetime, timezone

from moto.utilities.utils import get_partition

TEXT, IMAGE, VIDEO, EMBEDDING = "TEXT", "IMAGE", "VIDEO", "EMBEDDING"
ON_DEMAND, PROFILE = "ON_DEMAND", "INFERENCE_PROFILE"
ANY = [TEXT, IMAGE, VIDEO]
# id, name, input, output, inference types, geographies of its profiles, (legacy, end of life)
MODELS = [
    ("amazon.titan-embed-text-v1", "Titan Embeddings G1 - Text", [TEXT], [EMBEDDING], [ON_DEMAND], (), None),
    ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", [TEXT], [EMBEDDING], [ON_DEMAND], (), None),
    ("amazon.nova-2-multimodal-embeddings-v1:0", "Nova Multimodal Embeddings", [TEXT, IMAGE], [EMBEDDING], [ON_DEMAND], (), None),
    ("amazon.nova-micro-v1:0", "Nova Micro", [TEXT], [TEXT], [ON_DEMAND], ("us", "eu", "apac"), None),
    ("amazon.nova-lite-v1:0", "Nova Lite", ANY, [TEXT], [ON_DEMAND], ("us", "eu", "apac"), None),
    ("amazon.nova-pro-v1:0", "Nova Pro", ANY, [TEXT], [ON_DEMAND], ("us", "eu", "apac"), None),
    ("amazon.nova-2-lite-v1:0", "Nova 2 Lite", ANY, [TEXT], [], ("us", "eu", "jp", "global"), None),
    ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", [TEXT, IMAGE], [TEXT], [], ("us", "eu", "jp", "au", "global"), ("2026-10-08", "2027-04-08")),
    ("anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6", [TEXT, IMAGE], [TEXT], [], ("us", "eu", "jp", "au", "global"), None),
    ("anthropic.claude-opus-4-1-20250805-v1:0", "Claude Opus 4.1", [TEXT, IMAGE], [TEXT], [], ("us",), ("2026-07-08", "2027-01-08")),
    ("meta.llama3-8b-instruct-v1:0", "Llama 3 8B Instruct", [TEXT], [TEXT], [ON_DEMAND], (), None),
    ("meta.llama3-70b-instruct-v1:0", "Llama 3 70B Instruct", [TEXT], [TEXT], [ON_DEMAND], (), None),
    ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct", [TEXT], [TEXT], [], ("us",), ("2026-09-30", "2027-03-30")),
    ("mistral.mistral-large-2402-v1:0", "Mistral Large (24.02)", [TEXT], [TEXT], [ON_DEMAND], (), None),
    ("cohere.embed-english-v3", "Embed English", [TEXT], [EMBEDDING], [ON_DEMAND], (), None),
    ("cohere.embed-multilingual-v3", "Embed Multilingual", [TEXT], [EMBEDDING], [ON_DEMAND], (), None),
]
PROVIDERS = {"amazon": "Amazon", "anthropic": "Anthropic", "meta": "Meta", "mistral": "Mistral AI", "cohere": "Cohere"}
# A geography in a cross-region profile's id -> Regions it is offered in and reaches ("Supported Regions
# and models for inference profiles"); `global` is offered in every one.
GEOGRAPHIES = {
    "us": ["us-east-1", "us-east-2", "us-west-2"],
    "eu": ["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"],
    "apac": ["ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ap-south-1"],
    "jp": ["ap-northeast-1", "ap-northeast-3"],
    "au": ["ap-southeast-2", "ap-southeast-4"],
}
SINCE = datetime(2025, 1, 1, tzinfo=timezone.utc)


def day(text):
    """`2026-10-14`, or a whole time of day, as a moment in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def is_third_party(identifier):
    """Models of others than Amazon are sold through AWS Marketplace, under an agreement
    ("Access Amazon Bedrock foundation models")."""
    return not identifier.startswith("amazon.")


def row(identifier):
    """The row of a model, by its id or ARN; none of a profile's id."""
    wanted = identifier.split("/")[-1]
    return next((one for one in MODELS if one[0] == wanted), None)


def lifecycle(one):
    """`modelLifecycle` of a row (API reference, `FoundationModelLifecycle`)."""
    if one[6] is None:
        return {"status": "ACTIVE", "startOfLifeTime": SINCE}
    legacy, end = one[6]
    return {"status": "LEGACY", "startOfLifeTime": SINCE, "legacyTime": day(legacy), "endOfLifeTime": day(end)}


def summary(region, one):
    """A model as ListFoundationModels lists it."""
    identifier, name, inputs, outputs, types, geographies, _ = one
    return {
        "modelArn": model_arn(region, identifier),
        "modelId": identifier,
        "modelName": name,
        "providerName": PROVIDERS[identifier.split(".")[0]],
        "inputModalities": inputs,
        "outputModalities": outputs,
        "responseStreamingSupported": EMBEDDING not in outputs,
        "customizationsSupported": [],
        "inferenceTypesSupported": types + ([PROFILE] if geographies else []),
        "modelLifecycle": lifecycle(one),
    }


def model_arn(region, identifier):
    """A foundation model's ARN has no account; that of a global profile's target has no Region either."""
    return f"arn:{get_partition(region or 'us-east-1')}:bedrock:{region}::foundation-model/{identifier}"


def profiles(account, region, models=MODELS):
    """The system-defined profiles of these models that are offered in a Region."""
    found = []
    for identifier, name, _, _, _, geographies, _ in models:
        for prefix in geographies:
            reach = GEOGRAPHIES.get(prefix, [region, ""])
            if region in reach:
                found.append(_profile(account, region, identifier, name, prefix, reach))
    return found


def _profile(account, region, identifier, name, prefix, reach):
    profile = f"{prefix}.{identifier}"
    return {
        "inferenceProfileName": f"{prefix.upper()} {name}",
        "description": f"Routes requests to {name} in {', '.join(one or 'all' for one in reach)}.",
        "createdAt": SINCE,
        "updatedAt": SINCE,
        "inferenceProfileArn": f"arn:{get_partition(region)}:bedrock:{region}:{account}:inference-profile/{profile}",
        "models": [{"modelArn": model_arn(one, identifier)} for one in reach],
        "inferenceProfileId": profile,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
