"""How the live model is served."""

from pydantic import Field

from stages.params.base import Section


class Serve(Section):
    host: str = "127.0.0.1"
    """address to listen on"""
    port: int = Field(8000, ge=1, le=65535)
    """port to listen on"""
    max_texts: int = Field(256, ge=1)
    """most texts or images in one request"""
    max_characters: int = Field(20000, ge=1)
    """longest text in a request"""
    max_image_kb: int = Field(1024, ge=1, le=65536)
    """largest image in a request, in units of 1,024 bytes"""
    max_pixels: int = Field(4_000_000, ge=1)
    """largest image in a request, in pixels"""
