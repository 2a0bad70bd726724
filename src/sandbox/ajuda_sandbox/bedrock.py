"""Bedrock's control plane: a catalogue of models and inference profiles, all available
until told otherwise.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock.html
"""

from datetime import datetime, timezone

from moto.bedrock.responses import BedrockResponse
from moto.utilities.utils import get_partition

from . import wire
from .wire import Refusal

TEXT, IMAGE, VIDEO, EMBEDDING = "TEXT", "IMAGE", "VIDEO", "EMBEDDING"
ON_DEMAND, PROFILE = "ON_DEMAND", "INFERENCE_PROFILE"
# id, name, input, output, inference types, lifecycle
MODELS = [
    ("amazon.titan-embed-text-v1", "Titan Embeddings G1 - Text", [TEXT], [EMBEDDING], [ON_DEMAND], "ACTIVE"),
    ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", [TEXT], [EMBEDDING], [ON_DEMAND], "ACTIVE"),
    ("amazon.nova-2-multimodal-embeddings-v1:0", "Nova Multimodal Embeddings", [TEXT, IMAGE], [EMBEDDING], [ON_DEMAND], "ACTIVE"),
    ("amazon.nova-micro-v1:0", "Nova Micro", [TEXT], [TEXT], [ON_DEMAND, PROFILE], "ACTIVE"),
    ("amazon.nova-lite-v1:0", "Nova Lite", [TEXT, IMAGE, VIDEO], [TEXT], [ON_DEMAND, PROFILE], "ACTIVE"),
    ("amazon.nova-pro-v1:0", "Nova Pro", [TEXT, IMAGE, VIDEO], [TEXT], [ON_DEMAND, PROFILE], "ACTIVE"),
    ("amazon.nova-premier-v1:0", "Nova Premier", [TEXT, IMAGE, VIDEO], [TEXT], [PROFILE], "ACTIVE"),
    ("anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku", [TEXT, IMAGE], [TEXT], [ON_DEMAND, PROFILE], "ACTIVE"),
    ("anthropic.claude-3-sonnet-20240229-v1:0", "Claude 3 Sonnet", [TEXT, IMAGE], [TEXT], [ON_DEMAND, PROFILE], "LEGACY"),
    ("anthropic.claude-3-5-sonnet-20240620-v1:0", "Claude 3.5 Sonnet", [TEXT, IMAGE], [TEXT], [ON_DEMAND, PROFILE], "ACTIVE"),
    ("anthropic.claude-3-7-sonnet-20250219-v1:0", "Claude 3.7 Sonnet", [TEXT, IMAGE], [TEXT], [PROFILE], "ACTIVE"),
    ("anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4", [TEXT, IMAGE], [TEXT], [PROFILE], "ACTIVE"),
    ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", [TEXT, IMAGE], [TEXT], [PROFILE], "ACTIVE"),
    ("anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5", [TEXT, IMAGE], [TEXT], [PROFILE], "ACTIVE"),
    ("meta.llama3-8b-instruct-v1:0", "Llama 3 8B Instruct", [TEXT], [TEXT], [ON_DEMAND], "ACTIVE"),
    ("meta.llama3-70b-instruct-v1:0", "Llama 3 70B Instruct", [TEXT], [TEXT], [ON_DEMAND], "ACTIVE"),
    ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct", [TEXT], [TEXT], [PROFILE], "ACTIVE"),
    ("mistral.mistral-large-2402-v1:0", "Mistral Large (24.02)", [TEXT], [TEXT], [ON_DEMAND], "ACTIVE"),
    ("cohere.command-r-plus-v1:0", "Command R+", [TEXT], [TEXT], [ON_DEMAND], "ACTIVE"),
    ("cohere.embed-english-v3", "Embed English", [TEXT], [EMBEDDING], [ON_DEMAND], "ACTIVE"),
    ("cohere.embed-multilingual-v3", "Embed Multilingual", [TEXT], [EMBEDDING], [ON_DEMAND], "ACTIVE"),
]
PROVIDERS = {"amazon": "Amazon", "anthropic": "Anthropic", "meta": "Meta", "mistral": "Mistral AI", "cohere": "Cohere"}
# First part of a Region's name -> the geography in a cross-region profile's id, and Regions it reaches.
GEOGRAPHIES = {
    "us": ("us", ["us-east-1", "us-east-2", "us-west-2"]),
    "eu": ("eu", ["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"]),
    "ap": ("apac", ["ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ap-south-1"]),
}
SINCE = datetime(2025, 1, 1, tzinfo=timezone.utc)
AVAILABLE = {
    "agreement": "AVAILABLE",
    "authorization": "AUTHORIZED",
    "entitlement": "AVAILABLE",
    "region": "AVAILABLE",
}


class Models:
    """What of the catalogue this account may use."""

    def __init__(self):
        self.forget()

    def forget(self):
        """Everything is available, and the use case form was sent."""
        self._changed = {}
        self.use_case = b'{"companyName":"sandbox","useCases":"practice"}'

    def change(self, model=None, available=None, use_case=None, **states):
        """Makes a model unavailable, or available again, or sets one of its four states;
        `use_case` false: nobody has sent Anthropic's form."""
        unknown = set(states) - set(AVAILABLE)
        if unknown:
            raise ValueError("unknown state of a model: " + ", ".join(sorted(unknown)))
        if use_case is not None:
            self.use_case = b"{}" if use_case else None
        if model:
            if available is not None:
                states = {} if available else {"agreement": "NOT_AVAILABLE", "entitlement": "NOT_AVAILABLE"}
                self._changed[model] = states
            self._changed.setdefault(model, {}).update(states)
        return self.describe()

    def describe(self):
        """What differs from "everything is available"."""
        return {"models": self._changed, "use_case": self.use_case is not None}

    def state(self, model):
        """The four states of a model."""
        return {**AVAILABLE, **self._changed.get(model, {})}


def install(sandbox):
    """Adds the operations that moto lacks."""
    models = sandbox.models = Models()
    sandbox.on_reset(models.forget)

    def answers(operation):
        return wire.replaces(BedrockResponse, operation)

    @answers("ListFoundationModels")
    def list_models(response, asked):
        found = [_summary(response.region, row) for row in MODELS]
        for key, field in (("byOutputModality", "outputModalities"), ("byInferenceType", "inferenceTypesSupported")):
            if asked.get(key):
                found = [m for m in found if asked[key] in m[field]]
        if asked.get("byProvider"):
            found = [m for m in found if m["providerName"].lower() == asked["byProvider"].lower()]
        if asked.get("byCustomizationType"):
            found = []
        return {"modelSummaries": found}

    @answers("GetFoundationModel")
    def get_model(response, asked):
        return {"modelDetails": _summary(response.region, _row(asked["modelIdentifier"]))}

    @answers("GetFoundationModelAvailability")
    def availability(response, asked):
        row = _row(asked["modelId"])
        state = models.state(row[0])
        return {
            "modelId": row[0],
            "agreementAvailability": {"status": state["agreement"]},
            "authorizationStatus": state["authorization"],
            "entitlementAvailability": state["entitlement"],
            "regionAvailability": state["region"],
        }

    @answers("ListInferenceProfiles")
    def list_profiles(response, asked):
        found = _profiles(sandbox.account, response.region)
        if asked.get("typeEquals") == "APPLICATION":
            found = []
        items, token = wire.page(found, asked, size="maxResults", marker="nextToken", most=1000)
        return {"inferenceProfileSummaries": items, "nextToken": token}

    @answers("GetInferenceProfile")
    def get_profile(response, asked):
        wanted = asked["inferenceProfileIdentifier"].split("/")[-1]
        for profile in _profiles(sandbox.account, response.region):
            if profile["inferenceProfileId"] == wanted:
                return profile
        raise Refusal("ResourceNotFoundException", "The provided inference profile identifier is not found.")

    @answers("GetUseCaseForModelAccess")
    def get_use_case(response, asked):
        if models.use_case is None:
            raise Refusal("ResourceNotFoundException", "The use case details have not been submitted for this account.")
        return {"formData": models.use_case}

    @answers("PutUseCaseForModelAccess")
    def put_use_case(response, asked):
        models.use_case = asked["formData"]


def _row(identifier):
    wanted = identifier.split("/")[-1]
    row = next((row for row in MODELS if row[0] == wanted), None)
    if row is None:
        raise Refusal("ValidationException", "The provided model identifier is invalid.")
    return row


def _summary(region, row):
    identifier, name, inputs, outputs, types, lifecycle = row
    return {
        "modelArn": _model_arn(region, identifier),
        "modelId": identifier,
        "modelName": name,
        "providerName": PROVIDERS[identifier.split(".")[0]],
        "inputModalities": inputs,
        "outputModalities": outputs,
        "responseStreamingSupported": EMBEDDING not in outputs,
        "customizationsSupported": [],
        "inferenceTypesSupported": types,
        "modelLifecycle": {"status": lifecycle, "startOfLifeTime": SINCE},
    }


def _model_arn(region, identifier):
    return f"arn:{get_partition(region)}:bedrock:{region}::foundation-model/{identifier}"


def _profiles(account, region):
    prefix, regions = GEOGRAPHIES.get(region.split("-")[0], ("us", [region]))
    found = []
    for identifier, name, _, _, types, _ in MODELS:
        if PROFILE in types:
            profile = f"{prefix}.{identifier}"
            found.append(
                {
                    "inferenceProfileName": f"{prefix.upper()} {name}",
                    "description": f"Routes requests to {name} in {', '.join(regions)}.",
                    "createdAt": SINCE,
                    "updatedAt": SINCE,
                    "inferenceProfileArn": f"arn:{get_partition(region)}:bedrock:{region}:{account}:inference-profile/{profile}",
                    "models": [{"modelArn": _model_arn(r, identifier)} for r in regions],
                    "inferenceProfileId": profile,
                    "status": "ACTIVE",
                    "type": "SYSTEM_DEFINED",
                }
            )
    return found
