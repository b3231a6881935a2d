// The parts of Leaflet that the map needs: a map that is dragged, zoomed by wheel,
// fingers and keys, outlines, marks, and what a mark says. Picture tiles, layers to
// choose from and drawing by hand stay away: a third of its bytes.
import { Map } from "leaflet/src/map/Map.js";
import "leaflet/src/map/handler/Map.Drag.js";
import "leaflet/src/map/handler/Map.DoubleClickZoom.js";
import "leaflet/src/map/handler/Map.Keyboard.js";
import "leaflet/src/map/handler/Map.ScrollWheelZoom.js";
import "leaflet/src/map/handler/Map.TouchZoom.js";
import { Scale } from "leaflet/src/control/Control.Scale.js";
import { Zoom } from "leaflet/src/control/Control.Zoom.js";
import "leaflet/src/layer/Popup.js";
import "leaflet/src/layer/Tooltip.js";
import "leaflet/src/layer/vector/Renderer.getRenderer.js";

export { Map, Scale, Zoom };
export { geoJSON } from "leaflet/src/layer/GeoJSON.js";
export { divIcon } from "leaflet/src/layer/marker/DivIcon.js";
export { marker } from "leaflet/src/layer/marker/Marker.js";
