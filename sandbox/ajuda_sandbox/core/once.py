"""What moto and its libraries work out anew for every request, or for every field of an answer, although it never
changes: worked out once."""

import functools


def remember():
    """Before the first request."""
    _folders()
    _fields()
    _backends()
    _errors()


def _folders():
    """moto looks through its folders and its classes again for every request, and each of its botocore sessions through
    the folders of every service."""
    from botocore import session
    from moto import backends
    from moto.core import responses, utils

    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: iter(modules)
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    for module in (session, utils):
        module.create_loader = functools.cache(module.create_loader)


def _fields():
    """By which names a field of the API may stand in an object of moto's: a question of the class and the API's model."""
    import xmltodict
    from moto.core.serialize import XFormedAttributePicker

    names = XFormedAttributePicker.get_possible_keys
    known = {}

    def possible(self, context):
        asked = (type(context.obj), context.shape, context.key, *self.alias_providers)
        found = known.get(asked)
        if found is None:
            found = known[asked] = tuple(dict.fromkeys(names(self, context)))
        return found

    XFormedAttributePicker.get_possible_keys = possible
    # Whether a name may stand in XML; what may not is refused each time.
    xmltodict._validate_name = functools.cache(xmltodict._validate_name)


def _backends():
    """A backend that has been made needs no lock and no list of all others."""
    from moto.core.base_backend import BackendDict

    make = BackendDict.__getitem__

    def get(self, account):
        made = self.get(account)
        return make(self, account) if made is None else made

    BackendDict.__getitem__ = get


def _errors():
    """The error codes of a service: moto keeps them in an object that it makes for each error, and looks through its
    folders for the service of each."""
    from moto.core import errors, utils

    errors.ErrorLookupFactory = functools.cache(errors.ErrorLookupFactory)
    utils.service_name_from_moto_package_name = functools.cache(utils.service_name_from_moto_package_name)
