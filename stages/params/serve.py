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
    at_once: int = Field(256, ge=1)
    """most requests that are answered at a time; more are told to come again (429)"""
    rate: float = Field(100.0, gt=0)
    """most requests a second with one API key; keys are needed where the host is not this machine alone"""
    timeout: float = Field(30.0, gt=0)
    """seconds that an answer, or the next piece of a streamed one, may take"""
