"""A complete wallet without a screen: receives, keeps, presents, speaking only the public protocols through the Fetch port.

`wallet.Holder` is the façade. Tests, load runs and scripts use it; the phone speaks the same words. Its keys are software
keys unless another ring is given, so it claims no more assurance than that.
"""
