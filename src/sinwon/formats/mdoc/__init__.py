"""ISO mdoc (ISO/IEC 18013-5, ISO/IEC TS 18013-7) on our own CBOR and COSE: issue, present, verify."""
