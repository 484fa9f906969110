"""From the ideal image to what the detector reports, in separate stages joined by ``chain``.

Order: carbon background, scan distortion, dose, Poisson, gain spread, afterglow, dark and read
noise, analogue-to-digital conversion.  This file imports nothing: the stages run with numpy alone.
"""
