"""DICOM in: headers read safely, pixels in modality units, windows, and copies without patients.

Duty: what pydicom with pylibjpeg decodes becomes planes; who the patient is leaves this room only
as a keyed hash. May import what imaging may; pydicom and numpy where they are used.
Never: hands a patient's tag on, writes one into a copy, or puts one into an error or a log.
"""
