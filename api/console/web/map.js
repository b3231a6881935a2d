import "leaflet";
