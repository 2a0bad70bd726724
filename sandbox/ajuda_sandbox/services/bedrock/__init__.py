"""Bedrock's control plane: models with their lifecycle, inference profiles, agreements and Anthropic's
use-case form. Everything may be used until told otherwise.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
"""

import json

from moto.bedrock.responses import BedrockResponse

from . import catalogue as catalogue
from ...core import clock, wire
from ...core.wire import Refusal

AVAILABLE = {
    "agreement": "AVAILABLE",
    "authorization": "AUTHORIZED",
    "entitlement": "AVAILABLE",
    "region": "AVAILABLE",
}
# AWS seconds until an agreement that was asked for is in force: "up to 15 minutes" in model-access.html,
# "up to 2 minutes" where nothing is missing.
SUBSCRIBING = 120
MOMENTS = ("startOfLifeTime", "legacyTime", "endOfLifeTime", "publicExtendedAccessTime")
FORM = {"companyName": "sandbox", "companyWebsite": "https://example.org", "useCases": "practice"}


class Models:
    """What of the catalogue this account may use."""

    def __init__(self, clock):
        self._clock = clock
        self.forget()

    def forget(self):
        """Everything is available, and the use case form was sent."""
        self._changed = {}
        self._asked = {}
        self._lifecycles = {}
        self._unlisted = set()
        self.use_case = json.dumps(FORM).encode()

    def change(self, model=None, available=None, use_case=None, lifecycle=None, listed=None, **states):
        """Makes a model unavailable, or available again, or sets one of its four states; gives it another
        `modelLifecycle`; takes it out of the lists and back. `use_case` false: nobody has sent
        Anthropic's form."""
        unknown = set(states) - set(AVAILABLE)
        if unknown:
            raise ValueError("unknown state of a model: " + ", ".join(sorted(unknown)))
        if use_case is not None:
            self.use_case = json.dumps(FORM).encode() if use_case else None
        if model:
            self._set(model, available, lifecycle, listed, states)
        return self.describe()

    def _set(self, model, available, lifecycle, listed, states):
        if available is not None:
            states = {} if available else {"agreement": "NOT_AVAILABLE", "entitlement": "NOT_AVAILABLE"}
            self._changed[model] = states
        self._changed.setdefault(model, {}).update(states)
        self._asked.pop(model, None)
        if lifecycle is not None:
            self._lifecycles[model] = lifecycle
        if listed is not None:
            (self._unlisted.discard if listed else self._unlisted.add)(model)

    def describe(self):
        """What differs from "everything is available"."""
        return {
            "models": {model: self.state(model) for model in self._changed},
            "lifecycles": self._lifecycles,
            "unlisted": sorted(self._unlisted),
            "use_case": self.use_case is not None,
        }

    def state(self, model):
        """The four states of a model."""
        state = {**AVAILABLE, **self._changed.get(model, {})}
        since = self._asked.get(model)
        if since is not None:
            done = self._clock.due(since, SUBSCRIBING)
            state.update({"agreement": "AVAILABLE", "entitlement": "AVAILABLE"} if done else {"agreement": "PENDING"})
        return state

    def agree(self, model):
        """Somebody accepts the agreement of a model."""
        if self.state(model)["agreement"] in ("AVAILABLE", "PENDING"):
            raise Refusal("ConflictException", "An agreement already exists for this model.")
        self._asked[model] = clock.monotonic()

    def rows(self):
        """The models that are listed."""
        return [one for one in catalogue.MODELS if one[0] not in self._unlisted]

    def row(self, identifier):
        """The row of a listed model; every other id is refused."""
        one = catalogue.row(identifier)
        if one is None or one[0] in self._unlisted:
            raise Refusal("ValidationException", "The provided model identifier is invalid.")
        return one

    def summary(self, region, one):
        """A model as it is listed."""
        found = catalogue.summary(region, one)
        told = self._lifecycles.get(one[0])
        if told is not None:
            moments = {key: catalogue.day(told[key]) for key in MOMENTS if told.get(key)}
            found["modelLifecycle"] = {"status": told.get("status", "ACTIVE"), **moments}
        return found


def install(sandbox):
    """Adds the operations that moto lacks."""
    models = sandbox.models = Models(sandbox.clock)
    sandbox.on_reset(models.forget)

    def answers(operation):
        return wire.replaces(BedrockResponse, operation)

    @answers("ListFoundationModels")
    def list_models(response, asked):
        found = [models.summary(response.region, one) for one in models.rows()]
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
        return {"modelDetails": models.summary(response.region, models.row(asked["modelIdentifier"]))}

    @answers("GetFoundationModelAvailability")
    def availability(response, asked):
        identifier = models.row(asked["modelId"])[0]
        state = models.state(identifier)
        return {
            "modelId": identifier,
            "agreementAvailability": {"status": state["agreement"]},
            "authorizationStatus": state["authorization"],
            "entitlementAvailability": state["entitlement"],
            "regionAvailability": state["region"],
        }

    @answers("ListInferenceProfiles")
    def list_profiles(response, asked):
        found = catalogue.profiles(sandbox.account, response.region, models.rows())
        if asked.get("typeEquals") == "APPLICATION":
            found = []
        items, token = wire.page(found, asked, size="maxResults", marker="nextToken", most=1000)
        return {"inferenceProfileSummaries": items, "nextToken": token}

    @answers("GetInferenceProfile")
    def get_profile(response, asked):
        wanted = asked["inferenceProfileIdentifier"].split("/")[-1]
        for profile in catalogue.profiles(sandbox.account, response.region, models.rows()):
            if profile["inferenceProfileId"] == wanted:
                return profile
        raise Refusal("ResourceNotFoundException", "The provided inference profile identifier is not found.")

    @answers("ListFoundationModelAgreementOffers")
    def list_offers(response, asked):
        identifier = models.row(asked["modelId"])[0]
        return {"modelId": identifier, "offers": [_offer(identifier)] if catalogue.is_third_party(identifier) else []}

    @answers("CreateFoundationModelAgreement")
    def create_agreement(response, asked):
        identifier = models.row(asked["modelId"])[0]
        if asked["offerToken"] != _offer(identifier)["offerToken"]:
            raise Refusal("ValidationException", "The provided offer token is invalid.")
        models.agree(identifier)
        return {"modelId": identifier}

    @answers("GetUseCaseForModelAccess")
    def get_use_case(response, asked):
        if models.use_case is None:
            raise Refusal("ResourceNotFoundException", "The use case details have not been submitted for this account.")
        return {"formData": models.use_case}

    @answers("PutUseCaseForModelAccess")
    def put_use_case(response, asked):
        try:
            form = json.loads(asked["formData"])
        except ValueError:
            form = None
        # what is encoded twice, or no object, is refused so
        if not isinstance(form, dict):
            raise Refusal("ValidationException", "Invalid form data.")
        models.use_case = asked["formData"]


def _offer(identifier):
    """The public offer of a third party's model (API reference, `Offer`)."""
    return {
        "offerId": f"offer-{identifier}",
        "offerToken": f"token-of-{identifier}",
        "termDetails": {
            "usageBasedPricingTerm": {
                "rateCard": [
                    {"dimension": "input_tokens", "price": "0.003", "description": "1K input tokens", "unit": "1K tokens"},
                    {"dimension": "output_tokens", "price": "0.015", "description": "1K output tokens", "unit": "1K tokens"},
                ]
            },
            "legalTerm": {"url": f"https://aws.amazon.com/legal/bedrock/third-party-models/{identifier}"},
            "supportTerm": {"refundPolicyDescription": "All fees are non-refundable."},
            "validityTerm": {"agreementDuration": "P36M"},
        },
    }
