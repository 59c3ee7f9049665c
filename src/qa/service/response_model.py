"""The base of everything the API answers: in its description, a field that is always there is required."""

from pydantic import BaseModel, ConfigDict


class ResponseModel(BaseModel):
    """Fields with a default are always sent, so clients that are made from the description may rely on them."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
