"""Bedrock's models: lifecycle, agreements, Anthropic's form."""

import json

import pytest
from botocore.exceptions import ClientError

SONNET = "anthropic.claude-sonnet-4-6"


@pytest.fixture
def bedrock(sandbox):
    return sandbox.client("bedrock")


def agreement(bedrock, model=SONNET):
    return bedrock.get_foundation_model_availability(modelId=model)["agreementAvailability"]["status"]


def test_lifecycles_have_dates_and_can_be_set(sandbox, bedrock):
    def lifecycle(model):
        return bedrock.get_foundation_model(modelIdentifier=model)["modelDetails"]["modelLifecycle"]

    legacy = lifecycle("meta.llama3-3-70b-instruct-v1:0")
    assert legacy["status"] == "LEGACY" and legacy["endOfLifeTime"].date().isoformat() == "2027-03-30"
    assert lifecycle(SONNET)["status"] == "ACTIVE" and "endOfLifeTime" not in lifecycle(SONNET)
    set_to = {"status": "LEGACY", "legacyTime": "2001-01-01", "endOfLifeTime": "2001-07-01"}
    sandbox.control("POST", "models", {"model": SONNET, "lifecycle": set_to})
    listed = {m["modelId"]: m["modelLifecycle"] for m in bedrock.list_foundation_models()["modelSummaries"]}
    assert listed[SONNET] == lifecycle(SONNET) and listed[SONNET]["endOfLifeTime"].year == 2001


def test_a_model_that_is_gone_is_in_no_list(sandbox, bedrock):
    sandbox.control("POST", "models", {"model": SONNET, "listed": False})
    assert SONNET not in [m["modelId"] for m in bedrock.list_foundation_models()["modelSummaries"]]
    profiles = bedrock.list_inference_profiles()["inferenceProfileSummaries"]
    assert profiles and not [p for p in profiles if SONNET in p["inferenceProfileId"]]
    with pytest.raises(ClientError, match="model identifier is invalid"):
        bedrock.get_foundation_model(modelIdentifier=SONNET)
    sandbox.control("POST", "models", {"model": SONNET, "listed": True})
    assert bedrock.get_foundation_model(modelIdentifier=SONNET)


def test_profiles_follow_the_region(sandbox):
    def profiles(region):
        found = sandbox.client("bedrock", region).list_inference_profiles()
        return {p["inferenceProfileId"] for p in found["inferenceProfileSummaries"]}

    assert {f"us.{SONNET}", f"global.{SONNET}"} <= profiles("us-east-1")
    assert {f"eu.{SONNET}", f"global.{SONNET}"} <= profiles("eu-west-1")
    assert f"us.{SONNET}" not in profiles("eu-west-1")


def test_an_agreement_is_accepted_by_its_offer_and_comes_into_force(ticking):
    bedrock = ticking.client("bedrock")
    ticking.control("POST", "models", {"model": SONNET, "agreement": "NOT_AVAILABLE"})
    assert agreement(bedrock) == "NOT_AVAILABLE"
    (offer,) = bedrock.list_foundation_model_agreement_offers(modelId=SONNET, offerType="PUBLIC")["offers"]
    assert offer["termDetails"]["legalTerm"]["url"] and offer["termDetails"]["usageBasedPricingTerm"]["rateCard"]
    with pytest.raises(ClientError, match="offer token is invalid"):
        bedrock.create_foundation_model_agreement(modelId=SONNET, offerToken="another")
    bedrock.create_foundation_model_agreement(modelId=SONNET, offerToken=offer["offerToken"])
    assert agreement(bedrock) == "PENDING"
    with pytest.raises(bedrock.exceptions.ConflictException):
        bedrock.create_foundation_model_agreement(modelId=SONNET, offerToken=offer["offerToken"])
    # three AWS seconds a call, and it takes 120
    assert "AVAILABLE" in [agreement(bedrock) for _ in range(45)]


def test_amazons_models_need_no_agreement(bedrock):
    assert bedrock.list_foundation_model_agreement_offers(modelId="amazon.nova-lite-v1:0")["offers"] == []


def test_the_use_case_form_is_json_once_encoded(sandbox, bedrock):
    sandbox.control("POST", "models", {"use_case": False})
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_use_case_for_model_access()
    with pytest.raises(ClientError, match="Invalid form data"):
        bedrock.put_use_case_for_model_access(formData=b"eyJjb21wYW55TmFtZSI6ICJhIn0=")
    form = json.dumps({"companyName": "Example", "useCases": "chat"}).encode()
    bedrock.put_use_case_for_model_access(formData=form)
    assert json.loads(bedrock.get_use_case_for_model_access()["formData"])["companyName"] == "Example"
