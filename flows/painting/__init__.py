"""Pictures painted with numpy that look like photographs, for the demo website."""
