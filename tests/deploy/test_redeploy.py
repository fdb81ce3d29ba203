"""A repaired pipeline is served beside the old one, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.deploy import client, redeploy
from pixelparity.errors import InputError, ServerError

pytestmark = pytest.mark.slow
PICTURE = np.full((40, 30, 3), (200, 100, 50), np.uint8)


def test_repaired_pipeline_is_served_beside_the_old_one(tiny_server, repaired_pipeline):
    """The copy's tensor is the old one over 255, its ensemble answers otherwise, the served one answers as before."""
    before = tiny_server.classify("tiny", [PICTURE]), tiny_server.classify("prep", [PICTURE])
    names = redeploy.deploy_beside(tiny_server, "tiny", repaired_pipeline)
    try:
        assert names == {"prep": "prep_repaired", "tiny": "tiny_repaired"}
        np.testing.assert_allclose(tiny_server.classify("prep_repaired", [PICTURE]), before[1] / 255, rtol=1e-6)
        repaired = tiny_server.classify("tiny_repaired", [PICTURE])
        assert abs(repaired[0, 0] - 0.5) < 0.01 < abs(before[0][0, 0] - 0.5)
        np.testing.assert_array_equal(tiny_server.classify("tiny", [PICTURE]), before[0])
        with pytest.raises(InputError, match="serves a model 'prep_repaired' already, of a run that goes on"):
            redeploy.deploy_beside(tiny_server, "tiny", repaired_pipeline)
    finally:
        redeploy.remove(tiny_server, names)
    assert not tiny_server.serves("prep_repaired")
    assert not tiny_server.serves("tiny_repaired")
    assert tiny_server.serves("tiny")


def test_preprocessing_alone_is_copied_alone(tiny_server, repaired_pipeline):
    """A model that is no ensemble gets one copy, under the suffix asked for."""
    names = redeploy.deploy_beside(tiny_server, "prep", repaired_pipeline, suffix="_mended")
    try:
        assert names == {"prep": "prep_mended"}
        assert tiny_server.classify("prep_mended", [PICTURE]).max() == pytest.approx(200 / 255)
    finally:
        redeploy.remove(tiny_server, names)


def test_server_elsewhere_gets_the_preprocessing_only(tiny_server, repaired_pipeline):
    """Over a plain connection the files go within the request, and the ensemble is left to the walker."""
    with client.connect(tiny_server.url) as connection:
        names = redeploy.deploy_beside(connection, "tiny", repaired_pipeline, suffix="_sent")
        try:
            assert names == {"prep": "prep_sent"}
            assert connection.classify("prep_sent", [PICTURE]).max() == pytest.approx(200 / 255)
        finally:
            redeploy.remove(connection, names)


def test_what_cannot_be_deployed_is_named_and_leaves_nothing(tiny_server):
    """A step that is not there and a file that is no pipeline are refused; the server serves what it served."""
    with pytest.raises(InputError, match="has no step 'other'; it has prep, net"):
        redeploy.deploy_beside(tiny_server, "tiny", b"", step="other")
    with pytest.raises(ServerError, match="load model prep_repaired failed"):
        redeploy.deploy_beside(tiny_server, "tiny", b"not a pipeline")
    assert not tiny_server.serves("prep_repaired")
    assert tiny_server.classify("tiny", [PICTURE]).shape == (1, 2)
